CREATE TABLE `generated` (
  `a` int(11) DEFAULT NULL,
  `b` int(11) GENERATED ALWAYS AS (`a` * 2) STORED,
  `c` int(11) GENERATED ALWAYS AS (`a` + 1) VIRTUAL COMMENT 'gen',
  `d` varchar(20) GENERATED ALWAYS AS (concat(`a`,')')) STORED,
  KEY `k` (`b`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci