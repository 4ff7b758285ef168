CREATE TABLE `generated` (
  `a` int DEFAULT NULL,
  `b` int GENERATED ALWAYS AS ((`a` * 2)) STORED,
  `c` int GENERATED ALWAYS AS ((`a` + 1)) VIRTUAL COMMENT 'gen',
  `d` varchar(20) GENERATED ALWAYS AS (concat(`a`,_utf8mb4')')) STORED,
  KEY `k` (`b`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci