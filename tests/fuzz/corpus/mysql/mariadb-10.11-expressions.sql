CREATE TABLE `expressions` (
  `a` int(11) DEFAULT (1 + 2),
  `b` varchar(36) DEFAULT uuid(),
  `c` varchar(20) DEFAULT concat('a',')','b') COMMENT 'behind',
  `d` double DEFAULT rand()
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci