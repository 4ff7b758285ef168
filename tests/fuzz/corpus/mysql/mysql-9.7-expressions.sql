CREATE TABLE `expressions` (
  `a` int DEFAULT ((1 + 2)),
  `b` varchar(36) DEFAULT (uuid()),
  `c` varchar(20) DEFAULT (concat(_utf8mb4'a',_utf8mb4')',_utf8mb4'b')) COMMENT 'behind',
  `d` double DEFAULT (rand())
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci